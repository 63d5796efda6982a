package Customer;
use strict;
use warnings;

sub city {
    my ($customer) = @_;
    return $customer->{address}{city};
}

1;
