//! Minimal MCP servers on stdio, so that the benchmarks measure the transport and not the server.

use std::io::{self, BufRead, Write};

/// The part of a response after its id, except for the closing line end.
const RESULT: &str = r#","result":{"content":[{"type":"text","text":"ok"}],"protocolVersion":"2025-11-25","serverInfo":{"name":"bench","version":"1"},"capabilities":{}}}"#;
/// Size of the chunks that `hold` writes.
const CHUNK_SIZE: usize = 64 * 1024;

/// Responds to each request at once.
pub(crate) fn respond() -> io::Result<()> {
    let mut output = io::stdout().lock();
    let mut line = Vec::new();
    let mut response = Vec::new();
    let mut input = io::stdin().lock();
    while input.read_until(b'\n', &mut line)? > 0 {
        response.clear();
        if write_response(&mut response, &line)? {
            output.write_all(&response)?;
            output.flush()?;
        }
        line.clear();
    }
    Ok(())
}

/// Sends no response until all calls have arrived. Then responds to all of them, and sends this many bytes of
/// notifications: half as many lines, half as one line.
pub(crate) fn hold(calls: usize, bytes: usize) -> io::Result<()> {
    let (mut input, mut output) = (io::stdin().lock(), io::stdout().lock());
    let mut responses = Vec::new();
    let mut line = Vec::new();
    for _ in 0..calls {
        line.clear();
        input.read_until(b'\n', &mut line)?;
        write_response(&mut responses, &line)?;
    }
    // the client sends one more line after the calls
    input.read_until(b'\n', &mut line)?;
    output.write_all(&responses)?;
    let notification = |size: usize| {
        let text = "x".repeat(size);
        format!(r#"{{"jsonrpc":"2.0","method":"notifications/message","params":{{"level":"info","data":"{text}"}}}}"#)
    };
    let message = notification(CHUNK_SIZE);
    for _ in 0..bytes / 2 / CHUNK_SIZE {
        writeln!(output, "{message}")?;
    }
    let (head, tail) = (r#"{"jsonrpc":"2.0","method":"notifications/message","params":{"data":""#, r#""}}"#);
    output.write_all(head.as_bytes())?;
    let chunk = [b'x'; CHUNK_SIZE];
    for _ in 0..bytes / 2 / CHUNK_SIZE {
        output.write_all(&chunk)?;
    }
    writeln!(output, "{tail}")?;
    output.flush()?;
    // read until the client closes
    while input.read_until(b'\n', &mut line)? > 0 {
        line.clear();
    }
    Ok(())
}

/// Writes the response to a request. Returns false for a notification.
fn write_response(response: &mut Vec<u8>, line: &[u8]) -> io::Result<bool> {
    const ID: &[u8] = b"\"id\":";
    let Some(at) = line.windows(ID.len()).position(|window| window == ID) else { return Ok(false) };
    let digits = line[at + ID.len()..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    response.write_all(b"{\"jsonrpc\":\"2.0\",\"id\":")?;
    response.write_all(&line[at + ID.len()..][..digits])?;
    response.write_all(RESULT.as_bytes())?;
    response.write_all(b"\n")?;
    Ok(true)
}
