//! Refuses one secret for two powers, because everyone who has it for the lesser one would also have the greater one.

use anyhow::{Result, bail};
use secrecy::{ExposeSecret, SecretString};

use super::variable;
use crate::args::ServeArgs;

/// Secrets of one power.
struct Power<'a> {
    /// The variable that sets them.
    name: &'static str,
    /// What a holder can do.
    grants: &'static str,
    secrets: Vec<&'a str>,
}

/// Compares the secrets of each power with those of all others. The powers are in the order from the least to the
/// greatest.
pub(super) fn check(options: &ServeArgs, sender_keys: &[SecretString], operator_tokens: &[SecretString]) -> Result<()> {
    fn exposed(secrets: &[SecretString]) -> Vec<&str> {
        secrets.iter().map(ExposeSecret::expose_secret).collect()
    }
    let tokens = ["GITHUB_TOKEN", "GH_TOKEN"].map(variable);
    let github = tokens.iter().flatten().map(|token| token.trim());
    let powers = [
        Power {
            name: "AUTOHEAL_PROJECT_KEYS",
            grants: "is public",
            secrets: options.project_key.iter().flatten().map(|key| key.key.as_str()).collect(),
        },
        Power { name: "AUTOHEAL_KEY", grants: "sends reports of a known sender", secrets: exposed(sender_keys) },
        Power { name: "AUTOHEAL_OPERATOR_TOKEN", grants: "opens the dashboard", secrets: exposed(operator_tokens) },
        Power {
            name: "AUTOHEAL_AGENT_TOKEN",
            grants: "writes to GitHub",
            secrets: options.github.agent_token.iter().map(ExposeSecret::expose_secret).collect(),
        },
        Power { name: "GITHUB_TOKEN", grants: "writes to GitHub", secrets: github.collect() },
    ];
    for (at, lesser) in powers.iter().enumerate() {
        // the tokens for GitHub may be one
        for greater in powers[at + 1..].iter().filter(|greater| greater.grants != lesser.grants) {
            if lesser.secrets.iter().any(|secret| greater.secrets.contains(secret)) {
                bail!(
                    "{}: one of the keys is also in {}; the first {}, the other {}; use different secrets",
                    lesser.name,
                    greater.name,
                    lesser.grants,
                    greater.grants
                );
            }
        }
    }
    Ok(())
}
