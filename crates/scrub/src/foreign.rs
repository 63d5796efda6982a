//! Names of secrets in other languages than English: `Wachtwoord`, `mot de passe`, `пароль`, `密码`; and sentences after
//! them, which are no secrets.

use crate::input::Input;
use crate::set::{BLANKS, LETTERS, Set};
use crate::value::looks_like_password;
use crate::words::{self, ANY_CASE, EXACT, Filter, Place, filter, may_end};

/// Names, also at the end of a longer name: `neues_passwort`, `数据库密码`. Only letters count, so `mot de passe` is
/// `motdepasse`. Letters outside of ASCII stand here in each case.
const NAMES_TEXT: &str = " losungswort geheimwort zugangscode apischlüssel apischluessel motdepasse codesecret codedaccès cléapi \
    cleapi clédapi clésecrète clesecrete contraseña contraseÑa contrasena contrasenya contrasinal claveapi clavesecreta \
    clavedeacceso codigodeacceso códigodeacceso palavrapasse palavrachave chavesecreta chaveapi chavedeapi chavedeacesso \
    códigodeacesso chiaveapi chiavesegreta wachtwoord wagwoord lösenord lÖsenord losenord adgangskode adgangsord \
    passord kodeord salasana lykilorð hasło hasŁo haslo heslo jelszó jelszÓ jelszo parolă parolĂ lozinka zaporka slaptažodis \
    salasõna fjalëkalimi fjalëkalim şifre ŞIfre Şifre ŞifRe mậtkhẩu matkhau katasandi katalaluan pasahitza cyfrinair nenosiri \
    pasvorto пароль Пароль ПАРОЛЬ парола Парола лозинка Лозинка секрет Секрет токен Токен ключapi Ключapi кoddostupa \
    κωδικός Κωδικός ΚΩΔΙΚΟΣ κωδικόςπρόσβασης Κωδικόςπρόσβασης סיסמה סיסמא كلمةالمرور كلمةالسر رمزعبور گذرواژه पासवर्ड \
    รหัสผ่าน 密码 密碼 口令 密钥 密鑰 令牌 パスワード パスフレーズ 暗証番号 合言葉 秘密鍵 トークン 비밀번호 암호 패스워드";
const NAMES: [u8; NAMES_TEXT.len()] = words::list(&bytes(NAMES_TEXT));

/// Names that other words end with, so only the whole last word counts.
const WORDS: &[u8] = &words::list(b" mdp senha clave parola geslo sandi geheimnis jeton");

/// Those that mean other things too.
static AMBIGUOUS: &[u8] = &words::list(b" clave parola sandi jeton");

/// Last words of names in several words, such as `mot de passe`.
const LAST_WORDS_TEXT: &str = " passe acceso acesso accesso sandi khẩu khau api secrète secrete secreta segreta laluan السر المرور \
    عبور πρόσβασης schlüssel";
const LAST_WORDS: [u8; LAST_WORDS_TEXT.len()] = words::list(&bytes(LAST_WORDS_TEXT));

/// First words of sentences and descriptions after a name.
const SENTENCES_TEXT: &str = " all erforderlich falsch fehlt vergessen ist wird wurde muss darf bitte nicht kein zu leer abgelaufen korrekt \
    gespeichert unbekannt eingeben requis requise obligatoire incorrect incorrecte invalide est doit vide trop manquant \
    manquante inconnu requerida requerido obligatoria obligatorio incorrecta incorrecto es debe olvidada no demasiado falta \
    caducada obrigatoria incorreta deve muito richiesta richiesto obbligatoria errata deve non troppo mancante vereist verplicht \
    onjuist moet te vergeten leeg kreves er wymagane jest musi je nie gerekli wajib diperlukan obligatorisk glemt mangler puuttuu";
const SENTENCES: [u8; SENTENCES_TEXT.len()] = words::list(&bytes(SENTENCES_TEXT));

const fn bytes<const LENGTH: usize>(text: &str) -> [u8; LENGTH] {
    let mut bytes = [0; LENGTH];
    let mut index = 0;
    while index < LENGTH {
        bytes[index] = text.as_bytes()[index];
        index += 1;
    }
    bytes
}

/// Bytes of names of any language, and the blanks between their words.
static PHRASE: Set = LETTERS.with(b" '_-").with_others();

/// True if a name in another language names a secret. `whole` are the name's letters, `last` those of its last word.
pub(crate) fn is_name(whole: &[u8], last: &[u8]) -> bool {
    static FILTER: Filter = filter(&NAMES, Place::End);
    static WORD_FILTER: Filter = filter(WORDS, Place::End);
    may_end(whole, &FILTER) && words::find(&NAMES, whole, Place::End, EXACT) > 0
        || may_end(last, &WORD_FILTER) && words::has(WORDS, last, EXACT)
}

/// The start of a name in several words, whose last word lies between two indexes.
pub(crate) fn phrase_start(input: &Input<'_>, start: usize, end: usize) -> Option<usize> {
    static FILTER: Filter = filter(&LAST_WORDS, Place::End);
    let last = input.part(start, end);
    let tail = last.last_chunk::<3>()?.map(|byte| byte.to_ascii_lowercase());
    if !may_end(&tail, &FILTER) || !words::has(&LAST_WORDS, last, ANY_CASE) {
        return None;
    }
    let first = input.run_start(start, 24, &PHRASE);
    crate::key::names_secret(input.part(first, end)).then_some(first)
}

/// True if a value under a name in another language is a sentence or description: `Passwort: bitte eingeben`.
pub(crate) fn is_sentence(input: &Input<'_>, name: &[u8], start: usize, end: usize) -> bool {
    let text = input.part(start, end);
    let letters = text.iter().take_while(|byte| byte.is_ascii_alphabetic() || **byte >= 0x80).count();
    let rest = text.get(letters..).unwrap_or_default();
    let is_word = rest.iter().all(|byte| b".,;:!?)".contains(byte));
    let next = input.run_end(end, &BLANKS);
    let is_followed = next > end && (input.at(next).is_ascii_alphabetic() || input.at(next) >= 0x80);
    // several words within quotes
    let is_several = rest.first() == Some(&b' ') && !text.iter().any(u8::is_ascii_digit);
    let word = text.get(..letters).unwrap_or_default();
    if is_word && words::has(&SENTENCES, word, ANY_CASE) {
        return true;
    }
    // Latin letters with signs such as `ü` are words of a language; passwords are rarely
    let is_other = is_word && word.iter().any(|byte| *byte >= 0x80);
    // `clave: valor` is a key and its value
    let is_plain = !looks_like_password(text) && words::find(AMBIGUOUS, name, Place::End, ANY_CASE) > 0;
    is_plain || (is_other || is_several || is_word && is_followed) && is_foreign(name)
}

fn is_foreign(name: &[u8]) -> bool {
    let mut letters = [0_u8; 64];
    let mut length = 0;
    for byte in name.iter().filter(|byte| byte.is_ascii_alphabetic() || **byte >= 0x80).take(64) {
        if let Some(letter) = letters.get_mut(length) {
            *letter = byte.to_ascii_lowercase();
            length += 1;
        }
    }
    let whole = letters.get(..length).unwrap_or_default();
    is_name(whole, whole) || words::find(&words::list(b" passwort kennwort"), whole, Place::End, EXACT) > 0
}
