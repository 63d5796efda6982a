#include "header.h"

#include <cstring>

void read_name(const char *text, Header *header) {
    std::memcpy(header->name, text, std::strlen(text) + 1);
}
