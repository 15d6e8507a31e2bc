
# Made for web.service, which does not exist with Docker (env.list) or ECS (Dockerrun version 2).
ecs=$root/var/app/staging/Dockerrun.aws.json
if [ -e "$engine/deployment/env.list" ] ||
  { [ -e "$ecs" ] && timeout 2 grep -Eq '"AWSEBDockerrunVersion"[": ]*2' "$ecs"; }; then
  fail 'made for web.service, this is an instance with Docker: run npx eb-hosts init'
fi
