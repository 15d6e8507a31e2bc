from django.http import HttpResponse
from django.urls import path

urlpatterns = [
    path("", lambda request: HttpResponse("home\n")),
    path("health/", lambda request: HttpResponse("healthy\n")),
]
