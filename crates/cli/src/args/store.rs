//! The command line of what concerns the store's file: `backup`, `erase`, its limits.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args as ClapArgs;
use secrecy::SecretString;

use super::{DEFAULT_LISTEN, duration};

pub(super) const STORE_EXAMPLES: &str = "\
Examples:
  autoheal backup /backups/autoheal.db            copy the store; the service may run
  autoheal erase 0123456789abcdef0123456789abcdef delete one failure with its reports (the number is its fingerprint)
  autoheal erase --client 0123456789abcdef        delete what one client sent
";

/// `autoheal backup`.
#[derive(Debug, ClapArgs)]
pub(crate) struct BackupArgs {
    /// New file for the copy; only its owner can read it
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// SQLite file of the store; by default in $XDG_DATA_HOME/autoheal/, or ~/.local/share/autoheal/
    #[arg(long, env = "AUTOHEAL_STORE", value_name = "PATH")]
    pub(crate) store: Option<String>,
}

/// `autoheal erase`.
#[derive(Debug, ClapArgs)]
pub(crate) struct EraseArgs {
    /// Fingerprint of the failure to delete, as the dashboard shows it
    #[arg(value_name = "FINGERPRINT", required_unless_present = "client", conflicts_with = "client")]
    pub(crate) fingerprint: Option<String>,
    /// Hash of the client whose reports are deleted: 16 hexadecimal digits
    #[arg(long, value_name = "HASH")]
    pub(crate) client: Option<String>,
    /// Project of the failure
    #[arg(long, default_value = autoheal_contract::limits::DEFAULT_PROJECT, value_name = "NAME")]
    pub(crate) project: String,
    /// Delete without a question
    #[arg(long)]
    pub(crate) yes: bool,
    /// SQLite file of the store; by default in $XDG_DATA_HOME/autoheal/, or ~/.local/share/autoheal/
    #[arg(long, env = "AUTOHEAL_STORE", value_name = "PATH")]
    pub(crate) store: Option<String>,
    /// Address of the service, for a store that it uses
    #[arg(long, env = "AUTOHEAL_LISTEN", default_value = DEFAULT_LISTEN, value_name = "ADDR")]
    pub(crate) listen: String,
    /// Operator token of the service
    #[arg(long, env = "AUTOHEAL_OPERATOR_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    pub(crate) operator_token: Option<SecretString>,
}

/// Parses `500MB`, `2GiB`, or a number of bytes.
pub(crate) fn size(text: &str) -> Result<u64> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().with_context(|| format!("`{text}` is not a size; write it like 500MB or 2GiB"))?;
    let bytes: u64 = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "kb" => 1_000,
        "k" | "kib" => 1 << 10,
        "mb" => 1_000_000,
        "m" | "mib" => 1 << 20,
        "gb" => 1_000_000_000,
        "g" | "gib" => 1 << 30,
        "tb" => 1_000_000_000_000,
        "t" | "tib" => 1 << 40,
        _ => bail!("`{text}` has no unit of sizes: B, KB, MB, GB, TB, KiB, MiB, GiB or TiB"),
    };
    let size = number.checked_mul(bytes).with_context(|| format!("`{text}` is too large"))?;
    if size < 1_000_000 {
        bail!("`{text}` is too small for a store; the least is 1MB");
    }
    Ok(size)
}

/// Parses `90d`; none for `0` and `off`.
pub(crate) fn retention(text: &str) -> Result<Option<Duration>> {
    let text = text.trim();
    if text.is_empty() {
        // a variable set to the empty string counts as unset
        return retention("90d");
    }
    if text.eq_ignore_ascii_case("off") || text == "0" {
        return Ok(None);
    }
    let time = duration(text).with_context(|| format!("AUTOHEAL_RETENTION: `{text}` is not a time, 0 or off"))?;
    Ok((!time.is_zero()).then_some(time))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_decimal_and_binary_units() {
        for (text, bytes) in [
            ("500MB", 500_000_000),
            ("2GiB", 2_147_483_648),
            ("2 gib", 2_147_483_648),
            ("1073741824", 1_073_741_824),
            ("1g", 1_073_741_824),
        ] {
            assert_eq!(size(text).unwrap(), bytes, "{text}");
        }
        for text in ["", "GiB", "2 elephants", "-1GB", "1KB", "0", "99999999999TB", "1.5GB"] {
            assert!(size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn retention_can_be_switched_off() {
        assert_eq!(retention("off").unwrap(), None);
        assert_eq!(retention("0").unwrap(), None);
        assert_eq!(retention("0d").unwrap(), None);
        assert_eq!(retention("90d").unwrap(), Some(Duration::from_secs(90 * 86_400)));
        assert!(retention("90").unwrap_err().to_string().contains("AUTOHEAL_RETENTION"));
    }
}
