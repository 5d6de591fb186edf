import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startSystemServer } from '../../support/process/debian';
import { packaged, type InteropServer, type RunningServer } from './server';

export const DJANGO: InteropServer = {
  name: 'django-oauth-toolkit, resource server',
  page: 'django-oauth-toolkit.md',
  program: '/usr/lib/python3/dist-packages/oauth2_provider/__init__.py',
  checksAudience: true,
  noticesSignOut: false,
  takesRefreshToken: true,
  token: 'access',
  there: "`TIME_ZONE = 'UTC'`; no scope asked for; a short `RESOURCE_SERVER_TOKEN_CACHING_SECONDS`",
  here: 'a service account with `tokens:validate`; an audience',
  note: 'notices a sign-out only when its cache of 60 s ends; 503 of this service is a 403 there',
  version: packaged('python3-django-oauth-toolkit'),
  start: startDjango,
};

/** A project of one view behind `protected_resource`, with the settings of the page. */
const PROJECT = `
import sys
from django.conf import settings
from django.core.management import execute_from_command_line
import page

settings.configure(
    SECRET_KEY='only here',
    ALLOWED_HOSTS=['*'],
    DATABASES={'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': sys.argv[2]}},
    INSTALLED_APPS=['django.contrib.auth', 'django.contrib.contenttypes', 'oauth2_provider'],
    MIDDLEWARE=[],
    ROOT_URLCONF=__name__,
    DEFAULT_AUTO_FIELD='django.db.models.AutoField',
    **{name: value for name, value in vars(page).items() if name.isupper()},
)
import django
django.setup()
from django.http import HttpResponse
from django.urls import path
from oauth2_provider.decorators import protected_resource

@protected_resource()
def view(request):
    return HttpResponse(request.resource_owner.get_username())

urlpatterns = [path('', view)]
if __name__ == '__main__':
    execute_from_command_line(['manage', 'migrate', '--verbosity', '0'])
    execute_from_command_line(['manage', 'runserver', '--noreload', sys.argv[1]])
`;

async function startDjango([settings = '']: readonly string[]): Promise<RunningServer> {
  const server = await startSystemServer({
    program: '/usr/bin/python3',
    args: ({ folder, port }) => [join(folder, 'project.py'), `127.0.0.1:${port}`, join(folder, 'db.sqlite3')],
    config: ({ folder }) => {
      writeFileSync(join(folder, 'page.py'), settings);
      writeFileSync(join(folder, 'project.py'), PROJECT);
      return '';
    },
  });
  const takes = async (token: string) => {
    const headers = { Authorization: `Bearer ${token}` };
    const { status } = await fetch(`http://127.0.0.1:${server.port}/`, { headers });
    if (status >= 500) throw new Error(`Django answered ${status}: ${server.output()}`);
    return status === 200;
  };
  return { server, takes };
}
