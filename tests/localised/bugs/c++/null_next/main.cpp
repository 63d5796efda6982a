#include "list.h"

#include <cstdio>

int main() {
    Node three{3, nullptr};
    Node one{1, &three};
    std::printf("%d %d\n", last(&one), last(nullptr));
}
