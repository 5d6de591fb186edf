#!/usr/bin/env bash
# Carries out the Dockerfile without Docker, and tries what comes out of it against a PostgreSQL: that of DATABASE_URL
# (an empty database), else an embedded one that is gone afterwards. Needs the built checkout (npm run build).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

throwaway=(--throwaway)
[[ -z ${DATABASE_URL:-} ]] || throwaway=()
exec node dist/tools/with-database.js "${throwaway[@]}" node docker/check-image.mjs
