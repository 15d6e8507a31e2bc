/** What is measured beside the hook, by file name. All of them ask as IMDSv2 wants it, as Amazon Linux 2023 does. */
export const recipes = {
  'floor.sh': `token=$(curl -q --noproxy '*' --silent --max-time 1 --request PUT --header 'X-aws-ec2-metadata-token-ttl-seconds: 60' "$AWS_EC2_METADATA_SERVICE_ENDPOINT/latest/api/token")
curl -q --noproxy '*' --silent --max-time 1 --header "X-aws-ec2-metadata-token: $token" "$AWS_EC2_METADATA_SERVICE_ENDPOINT/latest/meta-data/local-ipv4" >/dev/null
`,
  'append.sh': `token=$(curl -s -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' "$AWS_EC2_METADATA_SERVICE_ENDPOINT/latest/api/token")
address=$(curl -s -H "X-aws-ec2-metadata-token: $token" "$AWS_EC2_METADATA_SERVICE_ENDPOINT/latest/meta-data/local-ipv4")
mkdir -p "$EB_HOSTS_ROOT/opt/elasticbeanstalk/deployment"
echo "ALLOWED_HOSTS=$ALLOWED_HOSTS,$address" >>"$EB_HOSTS_ROOT/opt/elasticbeanstalk/deployment/env"
`,
  'settings.py': `import os, sys

base = os.environ["AWS_EC2_METADATA_SERVICE_ENDPOINT"]
ttl = {"X-aws-ec2-metadata-token-ttl-seconds": "60"}


def urllib():
    from urllib.request import Request, urlopen
    token = urlopen(Request(base + "/latest/api/token", method="PUT", headers=ttl), timeout=1).read().decode()
    item = Request(base + "/latest/meta-data/local-ipv4", headers={"X-aws-ec2-metadata-token": token})
    return urlopen(item, timeout=1).read().decode()


def requests():
    import requests
    token = requests.put(base + "/latest/api/token", headers=ttl, timeout=1).text
    item = base + "/latest/meta-data/local-ipv4"
    return requests.get(item, headers={"X-aws-ec2-metadata-token": token}, timeout=1).text


def botocore():
    from botocore.utils import IMDSFetcher
    fetcher = IMDSFetcher(base_url=base + "/")
    return fetcher._get_request("latest/meta-data/local-ipv4", None, token=fetcher._fetch_metadata_token()).text


way = sys.argv[1]
for _ in range(4):
    child = os.fork()
    if child == 0:
        status = 1
        try:
            status = 0 if way == "nothing" or globals()[way]() == "10.0.1.5" else 1
        finally:
            os._exit(status)
    if os.waitpid(child, 0)[1] != 0:
        sys.exit("no address")
`,
} as const;
