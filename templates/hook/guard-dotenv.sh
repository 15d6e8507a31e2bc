
staging=$root/var/app/staging
# Made for Docker Compose, which reads .env beside the compose file.
if [ ! -e "$staging/docker-compose.yml" ] && [ ! -e "$staging/docker-compose.yaml" ]; then
  fail 'made for Docker Compose, there is no docker-compose.yml here: run npx eb-hosts init'
fi
