"""Whether this process answers: for load balancers and for the demo, which waits for it."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Says `ok` as long as the process serves; it asks neither the database nor the broker.

    Who asks must name one of ALLOWED_HOSTS, over http or https.
    """
    return HttpResponse("ok\n", content_type="text/plain")
