//! A command-line program that fails in the way its argument names, and reports the failure. `run` has the list.

use std::error::Error;
use std::fmt;
use std::num::ParseIntError;

use autoheal_capture as capture;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

fn main() -> Result<(), Box<dyn Error>> {
    let _capture = capture::start("failing-cli", env!("CARGO_PKG_VERSION"));
    let stderr = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    tracing_subscriber::registry().with(capture::layer()).with(stderr).init();

    run().inspect_err(|error| capture::error(&**error))
}

fn run() -> Result<(), Box<dyn Error>> {
    let failure = std::env::args().nth(1);
    tracing::info!(items = 3, "filling the basket");
    match failure.as_deref() {
        None => {}
        Some("panic") => drop(price(7)),
        Some("error") => drop(price_of("seven").map_err(PriceError)?),
        // the program continues after one of its threads fails
        Some("thread") => drop(std::thread::Builder::new().name("till".to_owned()).spawn(|| price(7))?.join()),
        // exits at once, before the report can be delivered
        Some("exit") => {
            let _failed = std::thread::spawn(|| price(7)).join();
            std::process::exit(4);
        }
        // a panic during the unwinding of another one aborts the program
        Some("abort") => {
            let _basket = Basket;
            price(7);
        }
        // panics while an event is formatted
        Some("log") => tracing::info!(item = ?Unpriced, "sold"),
        Some("repeat") => (0..1_000).for_each(|_| drop(std::panic::catch_unwind(|| price(7)))),
        Some(other) => return Err(format!("there is no failure `{other}`").into()),
    }
    println!("done");
    Ok(())
}

fn price(item: usize) -> u32 {
    tracing::warn!(item, token = "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789ABCD", "looking up a price");
    let prices = [3, 5, 8];
    prices[item]
}

fn price_of(item: &str) -> Result<usize, ParseIntError> {
    item.parse()
}

#[derive(Debug)]
struct PriceError(ParseIntError);

impl fmt::Display for PriceError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the price list is broken")
    }
}

impl Error for PriceError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

struct Basket;

impl Drop for Basket {
    fn drop(&mut self) {
        panic!("the basket is not empty");
    }
}

struct Unpriced;

impl fmt::Debug for Unpriced {
    fn fmt(&self, _formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("it has no price")
    }
}
