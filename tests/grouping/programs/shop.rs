//! Small failing programs in Rust, one for each bug: `shop BUG NUMBER`.

use std::collections::HashMap;

use anyhow::{Context, bail, ensure};

fn pick(prices: &[u32], at: usize) -> u32 {
    prices[at]
}

fn price_of(prices: &HashMap<&str, u32>, sku: &str) -> u32 {
    *prices.get(sku).expect("the sku is in the price list")
}

fn parse_amount(text: &str) -> u32 {
    text.parse().unwrap()
}

fn parse_weight(text: &str) -> f64 {
    text.parse().unwrap()
}

fn first(items: &[u32]) -> u32 {
    *items.iter().max().unwrap()
}

fn average(sum: u32, count: u32) -> u32 {
    sum / count
}

fn check_state(number: u32) {
    assert_eq!(number, 0, "worker {number} is in a wrong state");
}

fn check_shelf(number: u32) {
    assert!(number < 1, "shelf {number} does not exist");
}

fn slice(text: &str) -> &str {
    &text[..2]
}

fn borrow(number: u32) {
    let cell = std::cell::RefCell::new(number);
    let _kept = cell.borrow_mut();
    let _other = cell.borrow_mut();
}

fn in_thread(number: u32) {
    let worker = std::thread::spawn(move || {
        if number > 0 {
            panic!("row {number} has no date");
        }
    });
    worker.join().unwrap();
}

fn closed(number: u32) {
    let (sender, receiver) = std::sync::mpsc::channel();
    drop(receiver);
    sender.send(number).unwrap();
}

fn read_config() -> anyhow::Result<String> {
    std::fs::read_to_string("/etc/shop/config.toml").context("cannot read the configuration")
}

fn read_prices(number: u32) -> anyhow::Result<String> {
    std::fs::read_to_string(format!("/var/lib/shop/{number}.db")).context("cannot open the price list")
}

fn reserve(number: u32) -> anyhow::Result<()> {
    bail!("tenant {number} is over its quota")
}

fn ship(number: u32) -> anyhow::Result<()> {
    ensure!(number == 0, "no carrier for parcel {number}");
    Ok(())
}

fn fail(bug: &str, number: u32) -> anyhow::Result<()> {
    let prices = HashMap::from([("pot", 30)]);
    match bug {
        "index" => drop(pick(&[30, 4], number as usize)),
        "sku" => drop(price_of(&prices, &format!("sku{number}"))),
        "amount" => drop(parse_amount(&format!("{number},50"))),
        "weight" => println!("{}", parse_weight(&format!("{number}kg"))),
        "maximum" => drop(first(&[])),
        "average" => drop(average(number, u32::from(number == 0))),
        "state" => check_state(number),
        "shelf" => check_shelf(number),
        "slice" => drop(slice("aé").len()),
        "borrow" => borrow(number),
        "thread" => in_thread(number),
        "channel" => closed(number),
        "config" => drop(read_config().context("starting the shop")?),
        "prices" => drop(read_prices(number).context("starting the shop")?),
        "quota" => reserve(number)?,
        "carrier" => ship(number)?,
        _ => bail!("there is no bug {bug}"),
    }
    Ok(())
}

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    fail(&arguments[1], arguments[2].parse()?)
}
