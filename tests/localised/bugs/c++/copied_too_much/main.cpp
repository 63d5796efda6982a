#include "header.h"

#include <cstdio>

int main() {
    Header header = {};
    read_name("a name that is longer than its field", &header);
    std::printf("%s\n", header.name);
}
