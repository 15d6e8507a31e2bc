
staging=$root/var/app/staging
# Made for one Docker container, which gets env.list by `docker run --env-file`.
file=$engine/deployment/env.list
if [ -e "$staging/docker-compose.yml" ] || [ -e "$staging/docker-compose.yaml" ]; then
  fail 'made for one Docker container, this is Docker Compose: run npx eb-hosts init'
elif [ ! -e "$file" ] && [ ! -d "$root/var/lib/docker" ]; then
  fail 'made for one Docker container, this is an instance without Docker: run npx eb-hosts init'
fi
