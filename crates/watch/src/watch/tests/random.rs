//! Random conversations: in every order of messages, each failure is reported once, and nothing else is reported.

use std::collections::BTreeMap;

use fastrand::Rng;

use super::*;

const STEPS: usize = 400;

fn random() -> (u64, Rng) {
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(|| fastrand::u64(..));
    println!("SEED={seed}");
    (seed, Rng::with_seed(seed))
}

/// An open call: its id as the client wrote it, and as the server writes it.
struct RandomCall {
    id: String,
    echoed: String,
    kind: usize,
}

struct Conversation {
    random: Rng,
    story: Story,
    open: Vec<RandomCall>,
    numbers: u32,
    /// Expected number of reports, by the unique word in the failure.
    expected: BTreeMap<String, u64>,
    reports: Vec<ErrorReport>,
    /// All lines, each with true if the client sent it. `damaged_messages_harm_nothing` sends damaged copies of them.
    lines: Vec<(bool, String)>,
}

impl Conversation {
    fn new(random: Rng) -> Self {
        Self {
            random,
            story: Story::ready(),
            open: Vec::new(),
            numbers: 0,
            expected: BTreeMap::new(),
            reports: Vec::new(),
            lines: Vec::new(),
        }
    }

    fn number(&mut self) -> u32 {
        self.numbers += 1;
        self.numbers
    }

    /// A unique word without digits, because normalisation replaces numbers in messages.
    fn word(&mut self) -> String {
        let number = self.number();
        format!("w{number:06}").bytes().map(|byte| char::from(byte % 26 + b'a')).collect()
    }

    fn client(&mut self, line: String) {
        self.story.client_sends(&line);
        self.lines.push((true, line));
    }

    fn server(&mut self, line: String) {
        self.story.server_sends(&line);
        self.lines.push((false, line));
    }

    fn request(&mut self) -> (RandomCall, String) {
        let number = self.number() + 1000;
        let (id, echoed) = match self.random.u8(0..5) {
            0 => (format!("\"r/{number}\""), format!("\"r\\/{number}\"")),
            1 => (format!("\"ü{number}\""), format!("\"\\u00fc{number}\"")),
            2 => (format!("{number}"), format!("{number}.0")),
            3 => (format!("9007199254{number:06}"), format!("9007199254{number:06}")),
            _ => (format!("{number}"), format!("{number}")),
        };
        let kind = self.random.usize(0..3);
        let (method, params) = [
            ("tools/call", r#"{"name":"divide","arguments":{"a":[1,{"b":null}]}}"#),
            ("resources/read", r#"{"uri":"shop://lamps"}"#),
            ("prompts/get", r#"{"name":"greet"}"#),
        ][kind];
        let line = match self.random.bool() {
            true => format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":{params}}}"#),
            false => format!(r#"{{ "params" : {params}, "method":"{method}" ,"id": {id},"jsonrpc":"2.0" }}"#),
        };
        (RandomCall { id, echoed, kind }, line)
    }

    /// A response of the server. A failure contains a unique word.
    fn response(&mut self, call: &RandomCall, must_succeed: bool) -> String {
        let id = &call.echoed;
        let fails = !must_succeed && self.random.u8(0..3) == 0;
        if !fails {
            return match self.random.u8(0..3) {
                0 => format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{}}}}"#),
                1 => format!(
                    r#"{{"result":{{"isError":false,"content":[{{"type":"text","text":"Error: \"isError\":true"}}]}},"id":{id},"jsonrpc":"2.0"}}"#
                ),
                _ => format!(r#"{{"jsonrpc":"2.0","id":{id},"error":null,"result":{{"content":[]}}}}"#),
            };
        }
        let word = self.word();
        self.expected.insert(word.clone(), 1);
        match (call.kind, self.random.bool()) {
            (0, true) => format!(
                r#"{{"jsonrpc":"2.0","result":{{"content":[{{"type":"text","text":"broken by {word}"}}],"isError":true}},"id":{id}}}"#
            ),
            _ => format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":-32603,"message":"broken by {word}"}}}}"#),
        }
    }

    fn step(&mut self) {
        let wait = self.random.u64(0..40);
        self.story.after(wait);
        match self.random.u8(0..12) {
            0..=3 => {
                let (call, line) = self.request();
                self.open.push(call);
                self.client(line);
            }
            4 => {
                let both = [self.request(), self.request()];
                let lines: Vec<&str> = both.iter().map(|(_, line)| line.as_str()).collect();
                let line = format!("[{}]", lines.join(","));
                self.open.extend(both.map(|(call, _)| call));
                self.client(line);
            }
            // two threads read the pipes, so a response may be seen before its request
            5 => {
                let (call, line) = self.request();
                let response = self.response(&call, false);
                self.server(response);
                self.client(line);
            }
            6 => {
                let Some(call) = self.take_any() else { return };
                self.client(format!(
                    r#"{{"jsonrpc":"2.0","method":"notifications/cancelled","params":{{"requestId":{},"reason":"the user went on"}}}}"#,
                    call.id
                ));
                if self.random.bool() {
                    let word = self.word();
                    let late = format!(
                        r#"{{"jsonrpc":"2.0","id":{},"error":{{"code":-32800,"message":"cancelled {word}"}}}}"#,
                        call.echoed
                    );
                    self.server(late);
                }
            }
            // server-to-client requests have separate ids, which may equal those of the client
            7 => {
                let id = self.open.first().map_or_else(|| "1".to_owned(), |call| call.id.clone());
                self.server(format!(
                    r#"{{"jsonrpc":"2.0","id":{id},"method":"sampling/createMessage","params":{{}}}}"#
                ));
                self.client(format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":-1,"message":"not now"}}}}"#));
            }
            8 => self.server(
                r#"{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"error","data":"no failure"}}"#
                    .to_owned(),
            ),
            9 => self.story.prints("INFO idle\n"),
            _ => {
                let Some(call) = self.take_any() else { return };
                let line = self.response(&call, false);
                self.server(line);
            }
        }
        let now = self.story.now;
        self.reports.extend(self.story.watch.reports(now).into_iter().map(|watched| watched.report));
    }

    fn take_any(&mut self) -> Option<RandomCall> {
        let index = self.random.usize(0..self.open.len().max(1));
        (index < self.open.len()).then(|| self.open.swap_remove(index))
    }

    fn end(&mut self) {
        while let Some(call) = self.open.pop() {
            let line = self.response(&call, true);
            self.server(line);
        }
        let rest = self.story.reports();
        self.reports.extend(rest);
    }
}

#[test]
fn each_failure_is_reported_once_and_nothing_else_is_reported() {
    let (seed, mut random) = random();
    for round in 0..20 {
        let mut conversation = Conversation::new(random.fork());
        for _ in 0..STEPS {
            conversation.step();
        }
        conversation.end();
        let mut reported = BTreeMap::new();
        for report in &conversation.reports {
            let word = report.error_message.rsplit(' ').next().unwrap().to_owned();
            *reported.entry(word).or_insert(0) += report.count.unwrap_or(1);
        }
        assert_eq!(reported, conversation.expected, "SEED={seed}, round {round}");
    }
}

#[test]
fn damaged_messages_harm_nothing() {
    let (seed, mut random) = random();
    for _ in 0..20 {
        let mut conversation = Conversation::new(random.fork());
        (0..STEPS / 4).for_each(|_| conversation.step());
        let mut story = Story::ready();
        for (is_client, line) in &conversation.lines {
            let mut bytes = line.clone().into_bytes();
            for _ in 0..random.usize(0..4) {
                let index = random.usize(0..bytes.len());
                match random.u8(0..4) {
                    0 => bytes[index] = random.u8(..),
                    1 => drop(bytes.remove(index)),
                    2 => bytes.insert(index, b"\"{}[],:\\\xff\xc3e"[random.usize(0..11)]),
                    _ => bytes.truncate(index.max(1)),
                }
                if bytes.is_empty() {
                    bytes.push(b'{');
                }
            }
            story.after(random.u64(0..30_000));
            let mut collector = Collector::default();
            collector.push(&bytes);
            let message = if random.u8(0..10) == 0 { Message::Truncated(&collector) } else { Message::Whole(&bytes) };
            match is_client {
                true => drop(story.watch.from_client(ON_STDIO, &message, story.now)),
                false => story.watch.from_server(ON_STDIO, &message, story.now),
            }
            story.prints(&String::from_utf8_lossy(&bytes));
        }
        drop(story.reports());
        // the watch still detects failures
        story.calls(70_001, "divide");
        story.fails(70_001, "still detected");
        let reports = story.reports();
        assert!(reports.iter().any(|report| report.error_message.contains("still detected")), "SEED={seed}");
    }
}
