//! Conversations made up at random: whatever order things are said in, each failure is told once, and nothing else is.

use std::collections::BTreeMap;

use fastrand::Rng;

use super::*;

const STEPS: usize = 400;

fn random() -> (u64, Rng) {
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(|| fastrand::u64(..));
    println!("SEED={seed}");
    (seed, Rng::with_seed(seed))
}

/// A call under way: its id as the client wrote it, and as the server writes it.
struct Asked {
    id: String,
    echoed: String,
    kind: usize,
}

struct Conversation {
    random: Rng,
    story: Story,
    open: Vec<Asked>,
    numbers: u32,
    /// How often each failure's own word must be told.
    expected: BTreeMap<String, u64>,
    told: Vec<ErrorReport>,
    /// Every line that was said, for the other test.
    said: Vec<(bool, String)>,
}

impl Conversation {
    fn new(random: Rng) -> Self {
        Self {
            random,
            story: Story::ready(),
            open: Vec::new(),
            numbers: 0,
            expected: BTreeMap::new(),
            told: Vec::new(),
            said: Vec::new(),
        }
    }

    fn number(&mut self) -> u32 {
        self.numbers += 1;
        self.numbers
    }

    /// A word that nothing else holds and that is no number, since numbers of messages are made one.
    fn word(&mut self) -> String {
        let number = self.number();
        format!("w{number:06}").bytes().map(|byte| char::from(byte % 26 + b'a')).collect()
    }

    fn client(&mut self, line: String) {
        self.story.asks(&line);
        self.said.push((true, line));
    }

    fn server(&mut self, line: String) {
        self.story.answers(&line);
        self.said.push((false, line));
    }

    fn request(&mut self) -> (Asked, String) {
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
        (Asked { id, echoed, kind }, line)
    }

    /// What the server says in the end; a failure has a word of its own.
    fn answer(&mut self, asked: &Asked, must_work: bool) -> String {
        let id = &asked.echoed;
        let fails = !must_work && self.random.u8(0..3) == 0;
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
        match (asked.kind, self.random.bool()) {
            (0, true) => format!(
                r#"{{"jsonrpc":"2.0","result":{{"content":[{{"type":"text","text":"broken by {word}"}}],"isError":true}},"id":{id}}}"#
            ),
            _ => format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":-32603,"message":"broken by {word}"}}}}"#),
        }
    }

    fn step(&mut self) {
        let wait = self.random.i64(0..40);
        self.story.after(wait);
        match self.random.u8(0..12) {
            0..=3 => {
                let (asked, line) = self.request();
                self.open.push(asked);
                self.client(line);
            }
            4 => {
                let both = [self.request(), self.request()];
                let lines: Vec<&str> = both.iter().map(|(_, line)| line.as_str()).collect();
                let line = format!("[{}]", lines.join(","));
                self.open.extend(both.map(|(asked, _)| asked));
                self.client(line);
            }
            // on two pipes an answer may be seen before what it answers
            5 => {
                let (asked, line) = self.request();
                let answer = self.answer(&asked, false);
                self.server(answer);
                self.client(line);
            }
            6 => {
                let Some(asked) = self.any() else { return };
                self.client(format!(
                    r#"{{"jsonrpc":"2.0","method":"notifications/cancelled","params":{{"requestId":{},"reason":"the user went on"}}}}"#,
                    asked.id
                ));
                if self.random.bool() {
                    let word = self.word();
                    let late = format!(
                        r#"{{"jsonrpc":"2.0","id":{},"error":{{"code":-32800,"message":"cancelled {word}"}}}}"#,
                        asked.echoed
                    );
                    self.server(late);
                }
            }
            // the server's own questions have ids of their own, which may be the same
            7 => {
                let id = self.open.first().map_or_else(|| "1".to_owned(), |asked| asked.id.clone());
                self.server(format!(
                    r#"{{"jsonrpc":"2.0","id":{id},"method":"sampling/createMessage","params":{{}}}}"#
                ));
                self.client(format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":-1,"message":"not now"}}}}"#));
            }
            8 => self.server(
                r#"{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"error","data":"no failure"}}"#
                    .to_owned(),
            ),
            9 => self.story.prints("INFO nothing of note\n"),
            _ => {
                let Some(asked) = self.any() else { return };
                let line = self.answer(&asked, false);
                self.server(line);
            }
        }
        let now = self.story.now;
        self.told.extend(self.story.watch.reports(now));
    }

    fn any(&mut self) -> Option<Asked> {
        let at = self.random.usize(0..self.open.len().max(1));
        (at < self.open.len()).then(|| self.open.swap_remove(at))
    }

    fn end(&mut self) {
        while let Some(asked) = self.open.pop() {
            let line = self.answer(&asked, true);
            self.server(line);
        }
        let rest = self.story.told();
        self.told.extend(rest);
    }
}

#[test]
fn each_failure_is_told_once_and_nothing_else_is() {
    let (seed, mut random) = random();
    for round in 0..20 {
        let mut conversation = Conversation::new(random.fork());
        for _ in 0..STEPS {
            conversation.step();
        }
        conversation.end();
        let mut told = BTreeMap::new();
        for report in &conversation.told {
            let word = report.error_message.rsplit(' ').next().unwrap().to_owned();
            *told.entry(word).or_insert(0) += report.count.unwrap_or(1);
        }
        assert_eq!(told, conversation.expected, "SEED={seed}, round {round}");
    }
}

#[test]
fn damaged_messages_harm_nothing() {
    let (seed, mut random) = random();
    for _ in 0..20 {
        let mut conversation = Conversation::new(random.fork());
        (0..STEPS / 4).for_each(|_| conversation.step());
        let mut story = Story::ready();
        for (is_client, line) in &conversation.said {
            let mut bytes = line.clone().into_bytes();
            for _ in 0..random.usize(0..4) {
                let at = random.usize(0..bytes.len());
                match random.u8(0..4) {
                    0 => bytes[at] = random.u8(..),
                    1 => drop(bytes.remove(at)),
                    2 => bytes.insert(at, b"\"{}[],:\\\xff\xc3e"[random.usize(0..11)]),
                    _ => bytes.truncate(at.max(1)),
                }
                if bytes.is_empty() {
                    bytes.push(b'{');
                }
            }
            story.after(random.i64(0..30_000));
            let mut collector = Collector::default();
            collector.push(&bytes);
            let message = if random.u8(0..10) == 0 { Message::Truncated(&collector) } else { Message::Whole(&bytes) };
            match is_client {
                true => drop(story.watch.from_client(ON_STDIO, &message, story.now)),
                false => story.watch.from_server(ON_STDIO, &message, story.now),
            }
            story.prints(&String::from_utf8_lossy(&bytes));
        }
        drop(story.told());
        // it still knows a failure when it sees one
        story.calls(70_001, "divide");
        story.fails(70_001, "seen through all of it");
        let told = story.told();
        assert!(told.iter().any(|report| report.error_message.contains("seen through all of it")), "SEED={seed}");
    }
}
