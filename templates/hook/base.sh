
# --- the hosts to start from: the property, else the app's own default
base=$property # some platforms do not pass it to hooks: then get-config has it
