pub struct Grid {
    width: usize,
    cells: Vec<u32>,
}

impl Grid {
    pub fn new(width: usize, height: usize) -> Self {
        Self { width, cells: vec![1; width * height] }
    }

    fn sum_of_row(&self, row: usize) -> u32 {
        (0..=self.width).map(|column| self.cells[row * self.width + column]).sum()
    }

    pub fn sums(&self) -> Vec<u32> {
        let rows = self.cells.len() / self.width;
        (0..rows).map(|row| self.sum_of_row(row)).collect()
    }
}
