mod grid;

fn main() {
    let grid = grid::Grid::new(3, 2);
    println!("{}", grid.sums().iter().sum::<u32>());
}
