#pragma once

struct Header {
    char name[16];
    int version;
};

void read_name(const char *text, Header *header);
