#include "list.h"

// The value of the last node; 0 for an empty list.
int last(const Node *node) {
    while (node->next != nullptr) {
        node = node->next;
    }
    return node->value;
}
