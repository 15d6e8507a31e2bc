
# Made for web.service: where Docker runs the app, nothing would read the list.
if [ -e "$engine/deployment/env.list" ] ||
  grep -Eqs '"AWSEBDockerrunVersion"[": ]*2' "$root/var/app/staging/Dockerrun.aws.json"; then
  fail 'made for web.service, this is an instance with Docker: run npx eb-hosts init'
fi
