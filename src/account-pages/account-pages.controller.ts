import { Controller, Get, Param, Post, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { AppError } from '../common/errors/app-error';
import { translateDatabaseError } from '../database/postgres-errors';
import { isPasswordText } from '../passwords/password-text';
import { CODE_RULE } from '../recovery/dto/recovery-requests.dto';
import { Public } from '../security/public.decorator';
import { doneHtml, FORM_PAGES, formHtml, SCRIPT, STYLE, type PageName } from './account-page';
import { AccountPagesService, type Typed } from './account-pages.service';

const MAX_CODE = 100;

/** The pages to which links in mails lead. They work without scripts, by pasting the code. Not part of the API's document. */
@ApiExcludeController()
@Public()
@Controller('account')
export class AccountPagesController {
  constructor(private readonly pages: AccountPagesService) {}

  @Get('style.css')
  getStyle(@Res() response: Response): void {
    response.type('css').set('Cache-Control', 'public, max-age=3600').send(STYLE);
  }

  @Get('code.js')
  getScript(@Res() response: Response): void {
    response.type('js').set('Cache-Control', 'public, max-age=3600').send(SCRIPT);
  }

  /** Nothing is done by opening a page: programs that scan mails do that. */
  @Get(':page')
  getPage(@Param('page') page: string, @Res() response: Response): void {
    response.type('html').send(formHtml(pageName(page)));
  }

  @Post(':page')
  async postPage(
    @Param('page') page: string,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const name = pageName(page);
    const { code = '', password = '' } = (request.body ?? {}) as Partial<Typed>;
    try {
      checkTyped(name, { code, password });
      const { title, text } = await this.pages.act(name, { code, password });
      response.type('html').send(doneHtml(title, text));
    } catch (thrown) {
      const error = thrown instanceof AppError ? thrown : translateDatabaseError(thrown);
      if (!error || error.status === 500) throw thrown;
      response.problemCode = error.code;
      response
        .status(error.status)
        .type('html')
        .send(formHtml(name, { code, fault: error.message }));
    }
  }
}

function pageName(page: string): PageName {
  if (!Object.hasOwn(FORM_PAGES, page)) throw new AppError('not-found');
  return page as PageName;
}

function checkTyped(name: PageName, { code, password }: Typed): void {
  if (code.length > MAX_CODE) throw new AppError('invalid-input', { detail: `The code ${CODE_RULE}.` });
  if (FORM_PAGES[name].setsPassword && !isPasswordText(password)) {
    throw new AppError('invalid-input', {
      detail: 'The password is missing, or has characters that it cannot have.',
    });
  }
}
