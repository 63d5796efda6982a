use std::cell::RefCell;
use std::rc::Rc;

type Handler = Box<dyn Fn(&str)>;

#[derive(Default)]
pub struct Bus {
    handlers: RefCell<Vec<Rc<Handler>>>,
}

impl Bus {
    pub fn subscribe(&self, handler: Handler) {
        self.handlers.borrow_mut().push(Rc::new(handler));
    }

    pub fn publish(&self, text: &str) {
        for handler in self.handlers.borrow().iter() {
            handler(text);
        }
    }
}
