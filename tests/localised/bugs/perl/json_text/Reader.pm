package Reader;
use strict;
use warnings;
use JSON::PP;

# Reads settings as people write them.
sub read_settings {
    my ($text) = @_;
    return JSON::PP->new->decode($text);
}

1;
