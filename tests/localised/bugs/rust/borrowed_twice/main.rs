mod bus;

use std::rc::Rc;

fn main() {
    let bus = Rc::new(bus::Bus::default());
    let inner = Rc::clone(&bus);
    bus.subscribe(Box::new(move |text: &str| {
        if text == "start" {
            inner.subscribe(Box::new(|text| println!("late: {text}")));
        }
    }));
    bus.publish("start");
    bus.publish("end");
}
