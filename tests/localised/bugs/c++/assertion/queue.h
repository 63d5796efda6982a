#pragma once

class Queue {
public:
    void push(int number);
    int size() const { return size_; }

private:
    static const int CAPACITY = 4;
    int numbers_[CAPACITY];
    int begin_ = 0;
    int size_ = 0;
};
