#include "queue.h"

#include <cstdio>

int main() {
    Queue queue;
    for (int number = 0; number < 5; number++) {
        queue.push(number);
    }
    std::printf("%d\n", queue.size());
}
