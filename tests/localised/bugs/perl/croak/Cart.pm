package Cart;
use strict;
use warnings;
use Item;

sub new {
    return bless { items => [] }, shift;
}

# Adds items; one that names no count is added once.
sub add_all {
    my ($self, @entries) = @_;
    for my $entry (@entries) {
        push @{ $self->{items} }, Item->new(sku => $entry->{sku}, count => $entry->{count});
    }
}

sub count {
    my ($self) = @_;
    my $sum = 0;
    $sum += $_->{count} for @{ $self->{items} };
    return $sum;
}

1;
