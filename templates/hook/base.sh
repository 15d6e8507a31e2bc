
# --- the hosts to start from: the property, else the app's own default
base=$property
