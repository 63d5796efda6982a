use strict;
use warnings;
use Customer;

my @customers = ({ name => 'Ada', address => { city => 'Paris' } }, { name => 'Grace', address => 'unknown' });
print Customer::city($_), "\n" for @customers;
