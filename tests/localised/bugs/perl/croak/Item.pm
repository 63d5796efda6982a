package Item;
use strict;
use warnings;
use Carp;

sub new {
    my ($class, %values) = @_;
    croak 'an item needs a count' unless defined $values{count};
    return bless {%values}, $class;
}

1;
