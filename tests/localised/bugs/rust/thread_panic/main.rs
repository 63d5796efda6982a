mod worker;

fn main() {
    let threads: Vec<_> = ["3", "5", "seven"]
        .into_iter()
        .map(|text| std::thread::spawn(move || worker::double(text)))
        .collect();
    let sum: u32 = threads.into_iter().map(|thread| thread.join().unwrap()).sum();
    println!("{sum}");
}
