# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154,SC3043
# --- the address: IMDSv2, https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html

metadata_service=http://169.254.169.254
[ -z "$root" ] || metadata_service=${AWS_EC2_METADATA_SERVICE_ENDPOINT:-$metadata_service}
metadata_service=${metadata_service%/}

is_ipv4() {
  case $1 in
    *[!0-9.]* | *..* | .* | *. | *.*.*.*.* | ????????????????*) return 1 ;;
    *.*.*.*) ;;
    *) return 1 ;;
  esac
  local rest="$1." octet
  while [ -n "$rest" ]; do
    octet=${rest%%.*}
    rest=${rest#*.}
    case $octet in 0?* | ????*) return 1 ;; esac
    [ "$octet" -le 255 ] || return 1
  done
}

is_ipv6() {
  case $1 in
    *[!0-9a-fA-F:]* | *:::* | *::*::* | :[!:]* | *[!:]:) return 1 ;;
    *:*:*) ;;
    *) return 1 ;;
  esac
  local rest="$1:" group groups=0
  while [ -n "$rest" ]; do
    group=${rest%%:*}
    rest=${rest#*:}
    case $group in
      '') ;;
      ?????*) return 1 ;;
      *) groups=$((groups + 1)) ;;
    esac
  done
  case $1 in *::*) [ "$groups" -le 7 ] ;; *) [ "$groups" = 8 ] ;; esac
}

# Reads `body` and `status`. The rate limit bounds what an impostor can pour into memory within the second.
request() {
  body=
  status=000
  local answer
  answer=$(curl -q --noproxy '*' --silent --globoff --connect-timeout 1 --max-time 1 --limit-rate 16K \
    --user-agent eb-hosts --write-out '\n%{http_code}' "$@" 2>/dev/null) || return 1
  status=${answer##*"$newline"}
  body=${answer%"$newline"*}
  body=${body%"$newline"}
}

newline='
'
token=

# One try for an item: 0 with `body`; 1 worth another try; 2 a final no. A token is kept until it is refused.
try_item() {
  if [ -z "$token" ]; then
    request --request PUT --header 'X-aws-ec2-metadata-token-ttl-seconds: 60' "$metadata_service/latest/api/token" || return 1
    case $status in
      200) ;;
      400 | 403 | 404 | 405) return 2 ;;
      *) return 1 ;;
    esac
    case $body in '' | *[!!-~]*) return 1 ;; esac
    token=$body
  fi
  request --header "X-aws-ec2-metadata-token: $token" "$metadata_service/latest/meta-data/$1" || return 1
  case $status in
    200) ;;
    401)
      token=
      return 1
      ;;
    400 | 403 | 404 | 405) return 2 ;;
    *) return 1 ;;
  esac
  "$2" "$body"
}

# Sets `now`, in seconds. Early in an instance's life the clock may still be set.
read_clock() {
  if [ -r "$root/proc/uptime" ]; then
    read -r now _ <"$root/proc/uptime"
    now=${now%%.*}
  else
    now=$(date +%s)
  fi
}

# About one launch in two hundred sees refused connections or 401 at first: at least five tries, fewer only if those would
# take longer than ten seconds, which is the time for all items together.
ask_metadata() {
  local item="$1" valid="$2" now outcome tries=0 elapsed
  while [ "$tries" -lt 20 ]; do
    outcome=0
    try_item "$item" "$valid" || outcome=$?
    [ "$outcome" = 1 ] || return "$outcome"
    tries=$((tries + 1))
    read_clock
    : "${started:=$now}"
    elapsed=$((now - started))
    if [ "$elapsed" -lt 6 ]; then
      sleep 0.5
    elif [ "$tries" -ge 5 ] || [ "$elapsed" -ge 7 ]; then
      return 1
    fi
  done
  return 1
}

# The source address the kernel would use to reach the internet ($1: 4 or 6, $2: an address reserved for documentation).
ask_kernel() {
  local route
  body=
  route=$(ip "-$1" -o route get "$2" 2>/dev/null) || return 1
  case $route in *' src '*) ;; *) return 1 ;; esac
  body=${route#* src }
  body=${body%% *}
}

# Sets `addresses` (blank-separated, IPv6 in brackets). Fails if the instance has none.
find_addresses() {
  addresses=
  local outcome=0 started=''
  ask_metadata local-ipv4 is_ipv4 || outcome=$?
  if [ "$outcome" = 0 ]; then
    addresses=$body
  elif ask_kernel 4 192.0.2.1 && is_ipv4 "$body"; then
    warn "the instance metadata service gave no address (HTTP status $status), taking $body from the default route"
    addresses=$body
  fi
  if [ "$IPV6" = on ] && [ "$SEPARATOR" != none ]; then
    # A service that answered is believed when it says that there is none; a dead one is not waited for twice.
    if [ "$outcome" = 0 ]; then
      ask_metadata ipv6 is_ipv6 || outcome=$?
      [ "$outcome" != 1 ] || warn "the instance metadata service gave no IPv6 address (HTTP status $status)"
      [ "$outcome" = 0 ] || body=
    else
      ask_kernel 6 2001:db8::1 && is_ipv6 "$body" || body=
    fi
    [ -z "$body" ] || addresses="${addresses:+$addresses }[$body]"
  fi
  [ -n "$addresses" ]
}
