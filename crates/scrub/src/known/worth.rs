//! The values that are masked wherever they stand, and the places where they are: a common word as a password must not blank a
//! report.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::value::{is_placeholder, looks_like_password, looks_random};

/// Minimum length of a value, in bytes.
const MIN_BYTES: usize = 6;
/// Maximum length of a value, in bytes.
const MAX_BYTES: usize = 16 * 1024;
/// Minimum length of a value that is masked within other words, in bytes.
const MIN_STRONG_BYTES: usize = 8;
/// Minimum number of different bytes of a value.
const MIN_DISTINCT: usize = 4;

/// The places in which a value is masked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// As a word of a sentence, because it looks like a word: not as a part of a path or a name.
    Sentence,
    /// As a whole word.
    Word,
    /// Anywhere.
    Anywhere,
}

/// Words that are no secrets, in lower case.
#[derive(Debug, Clone, Default)]
pub(super) struct Words(BTreeSet<String>);

impl Words {
    /// Adds the words of a text.
    pub(super) fn add(&mut self, text: &str) {
        let words = text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| word.len() >= MIN_BYTES);
        self.0.extend(words.map(str::to_lowercase));
    }
}

/// The place in which a value is masked; none for a value that is too short, or common text.
pub(super) fn place(value: &str, words: &Words) -> Option<Place> {
    let bytes = value.as_bytes();
    if !(MIN_BYTES..=MAX_BYTES).contains(&bytes.len()) || is_placeholder(bytes) || is_reference(value) {
        return None;
    }
    let distinct: BTreeSet<u8> = bytes.iter().copied().collect();
    if distinct.len() < MIN_DISTINCT || is_address(value) {
        return None;
    }
    let is_word = |part: &str| part.chars().all(char::is_alphabetic);
    if value.split(['-', '_', ' ', '.']).all(is_word) {
        let is_common = |part: &str| {
            let part = part.to_lowercase();
            part.len() < MIN_BYTES - 1 || COMMON.split(' ').any(|word| word == part) || words.0.contains(&part)
        };
        // letters in a random case are no word: `qZkWmXcVbNn`
        let changes = bytes.windows(2).filter(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase());
        if changes.count() > 2 {
            return Some(Place::Anywhere);
        }
        return (!value.split(['-', '_', ' ', '.']).all(is_common)).then_some(Place::Sentence);
    }
    let is_strong = bytes.len() >= MIN_STRONG_BYTES && looks_like_password(bytes);
    Some(if is_strong { Place::Anywhere } else { Place::Word })
}

/// True for a variable of a shell or a template, a path, and a link without credentials.
fn is_reference(value: &str) -> bool {
    let is_path = ["/", "./", "../", "~/", "\\\\"].iter().any(|start| value.starts_with(start))
        || matches!(value.as_bytes(), [drive, b':', b'/' | b'\\', ..] if drive.is_ascii_alphabetic());
    let is_random = value.split(['/', '\\', '.']).any(|part| looks_random(part.as_bytes()));
    let is_flat = value.matches(['/', '\\']).count() < 2 && value.starts_with('/');
    let is_link = value.contains("://");
    value.starts_with("$(") || value.starts_with("file:") || is_link || is_path && !(is_random && is_flat)
}

/// True for a number of few digits, an address, a version, a date and the name of a host.
fn is_address(value: &str) -> bool {
    let has_sign = value.contains(['.', ':', '-', '/']);
    if value.chars().all(|letter| letter.is_ascii_digit() || ".:-/".contains(letter)) {
        return has_sign;
    }
    let (host, port) = value.split_once(':').unwrap_or((value, ""));
    let labels = || host.split('.');
    let is_label = |label: &str| {
        !label.is_empty()
            && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    let is_name = labels().next_back().is_some_and(|label| label.chars().all(|letter| letter.is_ascii_lowercase()));
    let has_port = !port.is_empty() && port.len() <= 5 && port.bytes().all(|byte| byte.is_ascii_digit());
    (labels().count() > 1 || has_port) && is_name && labels().all(is_label) && !looks_random(host.as_bytes())
}

impl Place {
    /// True if a value at this place of a text is masked.
    pub(super) fn allows(self, text: &str, range: Range<usize>) -> bool {
        let before = text.get(..range.start).and_then(|text| text.chars().next_back()).unwrap_or(' ');
        let rest = text.get(range.end..).unwrap_or_default();
        let after = rest.chars().next().unwrap_or(' ');
        let is_whole = |letter: char| !letter.is_alphanumeric() && letter != '_';
        // an escape before the word, as in `\npassword`
        let is_begun =
            is_whole(before) || text.get(..range.start.saturating_sub(1)).is_some_and(|it| it.ends_with('\\'));
        match self {
            Self::Anywhere => true,
            Self::Word => is_begun && is_whole(after),
            Self::Sentence => {
                let is_file = after == '.' && rest.chars().nth(1).is_some_and(char::is_alphanumeric);
                let is_joined = |letter: char| matches!(letter, '/' | '\\' | '-');
                is_begun && is_whole(after) && !is_file && !is_joined(after) && !is_joined(before) && before != '.'
            }
        }
    }
}

/// Words that stand in reports for other reasons, among them the passwords of examples.
static COMMON: &str = "access account accounts address administrator agent alpha alpine amazon analytics anonymous apache application \
    archive argument assets async authentication authorization azure backend backup basic bearer billing binary \
    branch browser bucket build bundle cache catalog change changeit changeme channel client cloud cluster command \
    common complete config configuration connect connection console container content context cookie credential \
    credentials customer customers daemon dashboard database debian debug default delete demo denied deploy desktop \
    develop developer development directory disable disabled docker document domain dummy elastic email empty enable \
    enabled endpoint engine error events example exception execute exists expired export external failed failure \
    false files firefox folder format foobar frontend function gateway github gitlab global gnome google group guest \
    header health hello helper hidden identity image import index input insert install instance integration internal \
    invalid invoice items jenkins kafka keycloak kubernetes lambda latest legacy letters level library limit linux \
    listen local localhost logger login machine manager manual master memory message messages metadata method \
    metrics minio minioadmin missing module mongo mongodb monitor mysql network nginx nobody nodejs notify number \
    object online openai option options oracle order orders output owner package params parse passphrase passwd \
    password passwords payment payments permission platform plugin policy portal postgres postgresql preview primary \
    private process product production products profile program project prometheus protocol provider proxy public \
    publish python query queue rabbit rabbitmq random readonly redis region registry release remote report reports \
    request required resource response result return sandbox sample schema script search secret secrets security \
    select sender server servers service services session settings shared signature sqlite stage staging standard \
    start status storage store stream string stripe support system table target terminal test testing tests throw \
    timeout token tokens tools trace tracking trusted ubuntu undefined unknown update upload users username value \
    values vault version viewer virtual wayland webhook website welcome window windows worker workspace write";
