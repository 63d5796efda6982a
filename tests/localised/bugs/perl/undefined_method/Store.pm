package Store;
use strict;
use warnings;

sub new {
    my ($class, %counts) = @_;
    my %entries = map { $_ => Store::Entry->new($_, $counts{$_}) } keys %counts;
    return bless { entries => \%entries }, $class;
}

sub find {
    my ($self, $name) = @_;
    return $self->{entries}{$name};
}

sub describe {
    my ($self, $name) = @_;
    return $self->find($name)->text;
}

package Store::Entry;

sub new {
    my ($class, $name, $count) = @_;
    return bless { name => $name, count => $count }, $class;
}

sub text {
    my ($self) = @_;
    return "$self->{count} of $self->{name}";
}

1;
