//! The pages of the dashboard, one struct each. The templates in `web/` escape every value.

use askama::Template;

/// A page of the dashboard.
pub(crate) trait Page {
    /// Renders the HTML document.
    fn html(&self) -> Result<String, askama::Error>;
}

impl<T: Template> Page for T {
    fn html(&self) -> Result<String, askama::Error> {
        self.render()
    }
}

/// A banner at the top of every page: something has stopped.
#[derive(Clone)]
pub(crate) struct Banner {
    /// `stopped`, or `limited` if only a part waits; a CSS class.
    pub(crate) kind: &'static str,
    pub(crate) title: &'static str,
    pub(crate) since: Option<Time>,
    /// What is the case, as a sentence.
    pub(crate) what: &'static str,
    /// What to do, as a sentence.
    pub(crate) advice: &'static str,
    /// A setting that belongs to the advice.
    pub(crate) setting: Option<String>,
    /// The error message.
    pub(crate) reason: Option<String>,
    pub(crate) next_attempt: Option<Time>,
}

impl Banner {
    /// A banner with a title alone.
    pub(crate) fn new(kind: &'static str, title: &'static str) -> Self {
        Self { kind, title, since: None, what: "", advice: "", setting: None, reason: None, next_attempt: None }
    }
}

/// `/`: the list of groups.
#[derive(Template)]
#[template(path = "groups.html")]
pub(crate) struct GroupsPage {
    pub(crate) banners: Vec<Banner>,
    /// The groups, last seen first.
    pub(crate) rows: Vec<Row>,
    /// Number of groups that wait for approval.
    pub(crate) waiting: usize,
    /// True if the list has its maximum length, so that there may be more groups.
    pub(crate) full: bool,
    /// True if issues are sent to GitHub. Otherwise the dashboard shows previews.
    pub(crate) sends_to_github: bool,
}

/// A group in the list.
pub(crate) struct Row {
    pub(crate) fingerprint: String,
    pub(crate) error_type: String,
    pub(crate) message: String,
    pub(crate) source: String,
    pub(crate) severity: &'static str,
    /// The status as a CSS class.
    pub(crate) state: &'static str,
    pub(crate) status: &'static str,
    pub(crate) count: u64,
    pub(crate) last_seen: Time,
}

/// `/groups/{fingerprint}`: one group.
#[derive(Template)]
#[template(path = "group.html")]
pub(crate) struct GroupPage {
    pub(crate) banners: Vec<Banner>,
    pub(crate) title: String,
    pub(crate) facts: Vec<Fact>,
    /// The status as a CSS class.
    pub(crate) state: &'static str,
    pub(crate) status: &'static str,
    /// The status in a sentence.
    pub(crate) meaning: &'static str,
    pub(crate) severity: &'static str,
    pub(crate) note: Option<String>,
    /// The reason for which it shares the issue of another group, and that group's fingerprint.
    pub(crate) shared: Option<(&'static str, String)>,
    /// Number and web address.
    pub(crate) issue: Option<(u64, Option<String>)>,
    /// Number and web address.
    pub(crate) pull: Option<(u64, Option<String>)>,
    /// Description and web address of the hand-over.
    pub(crate) agent: Option<(String, Option<String>)>,
    /// The stack, innermost frame first.
    pub(crate) frames: Vec<StackFrame>,
    pub(crate) sections: Vec<Section>,
    /// Title, labels and body of the issue, until it is opened.
    pub(crate) preview: Option<(String, String, String)>,
    /// Other groups that have to do with it.
    pub(crate) others: Vec<Others>,
    /// The project, for links.
    pub(crate) project: String,
    /// The samples in the order of their arrival; none if there is only one.
    pub(crate) samples: Vec<SampleRow>,
    /// The form that shows the sample of this page to people and agents; none if it is shown already.
    pub(crate) chooses: Option<Choice>,
    /// The writes to GitHub.
    pub(crate) steps: Vec<Step>,
    pub(crate) sends_to_github: bool,
    /// True if the group opens no issue, even if issues are sent to GitHub.
    pub(crate) held_back: bool,
}

/// Other groups that have to do with one.
pub(crate) struct Others {
    pub(crate) title: &'static str,
    pub(crate) rows: Vec<Row>,
}

/// A name and a value at the top of a group's page.
pub(crate) struct Fact {
    pub(crate) name: &'static str,
    pub(crate) value: String,
}

/// A time.
#[derive(Clone)]
pub(crate) struct Time {
    /// RFC 3339, for programs.
    pub(crate) iso: String,
    /// The same time for people.
    pub(crate) text: String,
}

/// A sample in the list of a group.
pub(crate) struct SampleRow {
    pub(crate) id: i64,
    pub(crate) time: Time,
    pub(crate) message: String,
    /// True if it is from a known sender.
    pub(crate) is_known: bool,
    /// True if people and agents are shown it.
    pub(crate) is_shown: bool,
    /// True if the page shows it.
    pub(crate) is_viewed: bool,
}

/// The form that shows another sample to people and agents.
pub(crate) struct Choice {
    pub(crate) fingerprint: String,
    pub(crate) project: String,
    pub(crate) sample: i64,
    /// Proves that this page sent the form.
    pub(crate) form: String,
}

/// A write to GitHub.
pub(crate) struct Step {
    pub(crate) time: Time,
    pub(crate) action: &'static str,
    pub(crate) outcome: String,
}

/// A frame of the stack.
pub(crate) struct StackFrame {
    pub(crate) function: String,
    pub(crate) place: String,
    pub(crate) in_app: bool,
}

/// A block of text with a title.
pub(crate) struct Section {
    pub(crate) title: &'static str,
    pub(crate) text: String,
}

/// An error page.
#[derive(Template)]
#[template(path = "problem.html")]
pub(crate) struct ProblemPage {
    pub(crate) banners: Vec<Banner>,
    pub(crate) title: &'static str,
    pub(crate) advice: &'static str,
}
