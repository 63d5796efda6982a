//! MCP servers that cost next to nothing: what is measured is the way there and back.

use std::io::{self, BufRead, Write};

/// What an answer is made of besides its id.
const RESULT: &str = r#","result":{"content":[{"type":"text","text":"ok"}],"protocolVersion":"2025-11-25","serverInfo":{"name":"bench","version":"1"},"capabilities":{}}}"#;
const PIECE: usize = 64 * 1024;

/// Answers each line at once.
pub(crate) fn answer() -> io::Result<()> {
    let mut output = io::stdout().lock();
    let mut line = Vec::new();
    let mut answer = Vec::new();
    let mut input = io::stdin().lock();
    while input.read_until(b'\n', &mut line)? > 0 {
        answer.clear();
        if write_answer(&mut answer, &line)? {
            output.write_all(&answer)?;
            output.flush()?;
        }
        line.clear();
    }
    Ok(())
}

/// Answers nothing until all calls are there; then all of them, and then as many bytes more: half in one line, half in many.
pub(crate) fn hold(calls: usize, bytes: usize) -> io::Result<()> {
    let (mut input, mut output) = (io::stdin().lock(), io::stdout().lock());
    let mut answers = Vec::new();
    let mut line = Vec::new();
    for _ in 0..calls {
        line.clear();
        input.read_until(b'\n', &mut line)?;
        write_answer(&mut answers, &line)?;
    }
    // who asks what it takes to wait asks now
    input.read_until(b'\n', &mut line)?;
    output.write_all(&answers)?;
    let notice = |size: usize| {
        let text = "x".repeat(size);
        format!(r#"{{"jsonrpc":"2.0","method":"notifications/message","params":{{"level":"info","data":"{text}"}}}}"#)
    };
    let message = notice(PIECE);
    for _ in 0..bytes / 2 / PIECE {
        writeln!(output, "{message}")?;
    }
    let (head, tail) = (r#"{"jsonrpc":"2.0","method":"notifications/message","params":{"data":""#, r#""}}"#);
    output.write_all(head.as_bytes())?;
    let piece = [b'x'; PIECE];
    for _ in 0..bytes / 2 / PIECE {
        output.write_all(&piece)?;
    }
    writeln!(output, "{tail}")?;
    output.flush()?;
    // until nobody asks any more
    while input.read_until(b'\n', &mut line)? > 0 {
        line.clear();
    }
    Ok(())
}

/// The answer to a request; nothing where none is due.
fn write_answer(answer: &mut Vec<u8>, line: &[u8]) -> io::Result<bool> {
    const ID: &[u8] = b"\"id\":";
    let Some(at) = line.windows(ID.len()).position(|window| window == ID) else { return Ok(false) };
    let digits = line[at + ID.len()..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    answer.write_all(b"{\"jsonrpc\":\"2.0\",\"id\":")?;
    answer.write_all(&line[at + ID.len()..][..digits])?;
    answer.write_all(RESULT.as_bytes())?;
    answer.write_all(b"\n")?;
    Ok(true)
}
