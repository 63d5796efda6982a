mod config;

use std::collections::HashMap;

fn address(config: &HashMap<String, String>) -> String {
    format!("{}:{}", config["host"], config["port"])
}

fn main() {
    println!("listening on {}", address(&config::defaults()));
}
