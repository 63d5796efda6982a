#pragma once

struct Node {
    int value;
    Node *next;
};

int last(const Node *node);
