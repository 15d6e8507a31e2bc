
# Made for web.service, which does not exist with Docker (env.list) or ECS (Dockerrun version 2).
if [ -e "$engine/deployment/env.list" ] || timeout 2 \
  grep -Eqs '"AWSEBDockerrunVersion"[": ]*2' "$root/var/app/staging/Dockerrun.aws.json"; then
  fail 'made for web.service, this is an instance with Docker: run npx eb-hosts init'
fi
