hosts='' IFS='@character@' # set -f above: a * stays a *
for host in $base; do
@trim@  case $host in
    '*') leave '@variable@ admits every host (*), it stays as it is' ;;
    *@unfit@*) fail '@variable@ is not a list @form@: correct it' ;;
  esac
  case " $hosts " in *" $host "*) ;; *) hosts="$hosts $host" ;; esac # '' counts as there
done
unset IFS
