"""A project of Django that is an OpenID provider: python3 django_oauth_toolkit.py PORT FOLDER REDIRECT_URI"""

import subprocess
import sys

from django.conf import settings
from django.core.management import execute_from_command_line

port, folder, redirect_uri = sys.argv[1:]
key = subprocess.run(['openssl', 'genrsa', '2048'], capture_output=True, text=True, check=True).stdout
settings.configure(
    SECRET_KEY='only here',
    ALLOWED_HOSTS=['*'],
    DEBUG=True,
    USE_TZ=True,
    ROOT_URLCONF=__name__,
    LOGIN_URL='/login/',
    DATABASES={'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': folder + '/db'}},
    DEFAULT_AUTO_FIELD='django.db.models.AutoField',
    INSTALLED_APPS=['django.contrib.auth', 'django.contrib.contenttypes', 'django.contrib.sessions', 'oauth2_provider'],
    MIDDLEWARE=[
        'django.contrib.sessions.middleware.SessionMiddleware',
        'django.middleware.common.CommonMiddleware',
        'django.middleware.csrf.CsrfViewMiddleware',
        'django.contrib.auth.middleware.AuthenticationMiddleware',
    ],
    TEMPLATES=[
        {
            'BACKEND': 'django.template.backends.django.DjangoTemplates',
            'OPTIONS': {
                'loaders': [
                    (
                        'django.template.loaders.locmem.Loader',
                        {
                            'registration/login.html': '<form method="post">{% csrf_token %}{{ form }}'
                            '<input type="hidden" name="next" value="{{ next }}"></form>'
                        },
                    )
                ]
            },
        }
    ],
    OAUTH2_PROVIDER={
        'OIDC_ENABLED': True,
        'OIDC_RSA_PRIVATE_KEY': key,
        'SCOPES': {'openid': 'OpenID Connect', 'email': 'Address', 'profile': 'Name'},
        'OAUTH2_VALIDATOR_CLASS': __name__ + '.Validator',
    },
)

import django  # noqa: E402

django.setup()

from django.contrib.auth import get_user_model, views  # noqa: E402
from django.urls import include, path  # noqa: E402
from oauth2_provider.models import get_application_model  # noqa: E402
from oauth2_provider.oauth2_validators import OAuth2Validator  # noqa: E402


class Validator(OAuth2Validator):
    """As the page has it, but for clients without the scope `email`, who get the toolkit's own claims."""

    def get_additional_claims(self, request):
        if 'email' not in request.scopes:
            return {}
        user = request.user
        return {'email': user.email, 'email_verified': user.is_active, 'name': user.get_full_name()}


urlpatterns = [path('login/', views.LoginView.as_view()), path('o/', include('oauth2_provider.urls', 'oauth2_provider'))]

if __name__ == '__main__':
    sys.modules[settings.ROOT_URLCONF] = sys.modules['__main__']
    execute_from_command_line(['manage', 'migrate', '--verbosity', '0'])
    get_user_model().objects.create_user(
        'ada', 'ada@django.example', 'correct horse battery', first_name='Ada', last_name='Lovelace'
    )
    get_application_model().objects.create(
        client_id='web',
        client_secret='secret',
        client_type='confidential',
        authorization_grant_type='authorization-code',
        redirect_uris=redirect_uri,
        algorithm='RS256',
        skip_authorization=True,
    )
    execute_from_command_line(['manage', 'runserver', '--noreload', '127.0.0.1:' + port])
