package Ranking;
use strict;
use warnings;
use Carp qw(confess);

sub by_points {
    my ($one, $other) = @_;
    defined $one->{points} && defined $other->{points} or confess 'a player without points';
    return $other->{points} <=> $one->{points};
}

sub top {
    my @players = @_;
    return map { $_->{name} } sort { by_points($a, $b) } @players;
}

1;
