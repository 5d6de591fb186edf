#!/usr/bin/env bash
# node:net BlockList of Node.js 20.19.0, 22.23.3, 24.21.0 and 26.10.0. A rule for IPv6 is applied to IPv4 addresses too, through their mapped
# form (::ffff:a.b.c.d), although the rule and the check both name their family.
#
# Seen: with the one rule ::/0 for 'ipv6', check('203.0.113.9', 'ipv4') is true; with a rule for 'ipv4' only, an IPv6 address is not matched.
# What follows: the service, which reads networks of trusted proxies, keeps one list for each family.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >try.cjs <<'JS'
const { BlockList } = require('node:net');

const six = new BlockList();
six.addSubnet('::', 0, 'ipv6');
const four = new BlockList();
four.addSubnet('0.0.0.0', 0, 'ipv4');
console.log(six.check('203.0.113.9', 'ipv4'), four.check('2001:db8::1', 'ipv6'));
JS
for version in 20.19.0 22.23.3 24.21.0 26.10.0; do
  seen=$(npx --yes --package="node@$version" -- node try.cjs 2>/dev/null)
  echo "Node.js $version: $seen"
  [[ "$seen" == 'true false' ]] || {
    echo 'the behaviour has changed'
    exit 1
  }
done
