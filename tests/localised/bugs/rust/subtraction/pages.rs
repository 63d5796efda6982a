pub struct Page {
    pub offset: u32,
    pub size: u32,
}

fn previous(page: &Page) -> u32 {
    page.offset - page.size
}

fn next(page: &Page) -> u32 {
    page.offset + page.size
}

/// Offsets of the pages before and after a page.
pub fn links(page: &Page) -> [u32; 2] {
    [previous(page), next(page)]
}
