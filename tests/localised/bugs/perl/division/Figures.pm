package Figures;
use strict;
use warnings;

# The share of the failed requests.
sub ratio {
    my ($failed, $all) = @_;
    return $failed / $all;
}

1;
