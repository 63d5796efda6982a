#!/usr/bin/env bash
# Small failing scripts, one for each bug: `bash shop.sh BUG NUMBER`.
set -euo pipefail
number=$2
case $1 in
  command) kubectll get pods ;;
  variable) echo "$SHOP_ADDRESS" ;;
  copy) cp "/var/spool/shop/$number.json" /tmp ;;
  message) echo "shop: backup $number is incomplete" >&2; exit 4 ;;
  other_message) echo "shop: no space for backup $number" >&2; exit 5 ;;
  denied) cat /root-only/none 2>/dev/null || { echo "error: access to bucket shop-$number denied" >&2; exit 1; } ;;
  segfault) kill -SEGV $$ ;;
  directory) cd "/srv/shop/releases/$number" ;;
esac
