#include "queue.h"

#include <cassert>

// Adds a number; the oldest one goes if the queue is full.
void Queue::push(int number) {
    int at = begin_ + size_;
    assert(at < CAPACITY);
    numbers_[at] = number;
    size_++;
}
