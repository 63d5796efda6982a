//! One typed struct per page of the dashboard; the templates beside `web/` escape every value.

use askama::Template;

/// A page that can be rendered.
pub(crate) trait Page {
    /// The whole document.
    fn html(&self) -> Result<String, askama::Error>;
}

impl<T: Template> Page for T {
    fn html(&self) -> Result<String, askama::Error> {
        self.render()
    }
}

/// `/`: every group.
#[derive(Template)]
#[template(path = "groups.html")]
pub(crate) struct GroupsPage {
    /// Last seen first.
    pub(crate) rows: Vec<Row>,
    /// How many of them wait for a person.
    pub(crate) waiting: usize,
    /// Whether there may be more than are shown.
    pub(crate) full: bool,
    /// Whether any switch is on.
    pub(crate) sends: bool,
}

/// One group in the list.
pub(crate) struct Row {
    pub(crate) fingerprint: String,
    pub(crate) error_type: String,
    pub(crate) message: String,
    pub(crate) source: String,
    pub(crate) severity: &'static str,
    /// The status as a class of the stylesheet, and in words.
    pub(crate) state: &'static str,
    pub(crate) status: &'static str,
    pub(crate) count: u64,
    pub(crate) last_seen: Moment,
}

/// `/groups/{fingerprint}`: one group.
#[derive(Template)]
#[template(path = "group.html")]
pub(crate) struct GroupPage {
    pub(crate) title: String,
    pub(crate) facts: Vec<Fact>,
    /// The status as a class of the stylesheet, in words, and what it means.
    pub(crate) state: &'static str,
    pub(crate) status: &'static str,
    pub(crate) meaning: &'static str,
    pub(crate) severity: &'static str,
    pub(crate) note: Option<String>,
    /// Number and address; no address where it is none of the web.
    pub(crate) issue: Option<(u64, Option<String>)>,
    pub(crate) pull: Option<(u64, Option<String>)>,
    /// How the agent was asked, and where.
    pub(crate) agent: Option<(String, Option<String>)>,
    pub(crate) calls: Vec<Call>,
    pub(crate) sections: Vec<Section>,
    /// Title, labels and body of the issue that would be sent.
    pub(crate) preview: Option<(String, String, String)>,
    pub(crate) steps: Vec<Step>,
    pub(crate) sends: bool,
    /// Whether it opens no issue whatever the switches are.
    pub(crate) held_back: bool,
}

/// One name and value on top of a group.
pub(crate) struct Fact {
    pub(crate) name: &'static str,
    pub(crate) value: String,
}

/// A moment, as programs and as people read it.
pub(crate) struct Moment {
    pub(crate) exact: String,
    pub(crate) shown: String,
}

/// One write to GitHub.
pub(crate) struct Step {
    pub(crate) at: Moment,
    pub(crate) what: &'static str,
    pub(crate) outcome: String,
}

/// One frame of the stack.
pub(crate) struct Call {
    pub(crate) function: String,
    pub(crate) place: String,
    pub(crate) in_app: bool,
}

/// One titled block of text.
pub(crate) struct Section {
    pub(crate) title: &'static str,
    pub(crate) text: String,
}

/// Something went wrong, and what to do.
#[derive(Template)]
#[template(path = "problem.html")]
pub(crate) struct ProblemPage {
    pub(crate) title: &'static str,
    pub(crate) advice: &'static str,
}
