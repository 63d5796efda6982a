//! Messages about errors of the operating system and of connections.

/// Names of the system's errors. Other words in capitals are log levels, commands or codes of something else.
const NAMES: [&str; 44] = [
    "EACCES",
    "EADDRINUSE",
    "EADDRNOTAVAIL",
    "EAGAIN",
    "EAI_AGAIN",
    "EBADF",
    "EBUSY",
    "ECONNABORTED",
    "ECONNREFUSED",
    "ECONNRESET",
    "EDQUOT",
    "EEXIST",
    "EFAULT",
    "EFBIG",
    "EHOSTDOWN",
    "EHOSTUNREACH",
    "EINVAL",
    "EIO",
    "EISDIR",
    "ELOOP",
    "EMFILE",
    "ENAMETOOLONG",
    "ENETDOWN",
    "ENETUNREACH",
    "ENFILE",
    "ENODEV",
    "ENOENT",
    "ENOMEM",
    "ENOSPC",
    "ENOTCONN",
    "ENOTDIR",
    "ENOTEMPTY",
    "ENOTFOUND",
    "ENOTSUP",
    "ENXIO",
    "EPERM",
    "EPIPE",
    "EPROTO",
    "EROFS",
    "ESPIPE",
    "ESRCH",
    "ETIMEDOUT",
    "ETXTBSY",
    "EXDEV",
];
/// The system's and the resolvers' sentences, in lower case.
const SENTENCES: [&str; 24] = [
    "address already in use",
    "broken pipe",
    "cannot connect to",
    "connection refused",
    "connection reset",
    "connection timed out",
    "could not connect to",
    "could not resolve host",
    "disk quota exceeded",
    "failed to connect to",
    "i/o timeout",
    "input/output error",
    "name or service not known",
    "network is unreachable",
    "no route to host",
    "no space left on device",
    "no such file or directory",
    "no such host",
    "permission denied",
    "read-only file system",
    "temporary failure in name resolution",
    "the connection was closed",
    "too many open files",
    "unable to connect to",
];

/// Returns true for a message such as `connect ECONNREFUSED 127.0.0.1:1` or `No space left on device`.
pub(super) fn is_error(message: &str) -> bool {
    let words = message.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).filter(|word| word.starts_with('E'));
    let lower = message.to_lowercase();
    words.into_iter().any(|word| NAMES.contains(&word)) || SENTENCES.iter().any(|sentence| lower.contains(sentence))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_the_system_are_known_by_name_or_sentence() {
        for message in [
            "connect ECONNREFUSED 127.0.0.1:1",
            "getaddrinfo ENOTFOUND api.shop.test",
            "ENOENT: no such file or directory, open '/x'",
            "dial tcp 10.1.2.3:5432: connect: connection refused",
            "cp: error writing '/srv/x': No space left on device",
            "docker: Cannot connect to the Docker daemon at unix:///var/run/docker.sock.",
        ] {
            assert!(is_error(message), "{message}");
        }
        for message in [
            "ERROR: No matching distribution found for nope",
            "ERR! missing script",
            "EXPLAIN: no plan",
            "EURUSD: no price",
            "E0308: mismatched types",
            "division by zero",
            "",
        ] {
            assert!(!is_error(message), "{message}");
        }
    }
}
