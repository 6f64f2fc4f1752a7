FROM python:3.12-slim
WORKDIR /app
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
# What runs, without the development group.
COPY requirements.lock .
RUN sed '/^# --- development/,$d' requirements.lock > /tmp/run-time.txt \
    && pip install --no-cache-dir --require-hashes -r /tmp/run-time.txt
COPY . .
RUN useradd --system --home /data cpms && mkdir /data && chown cpms /data
USER cpms
VOLUME /data
EXPOSE 8000
CMD ["python", "-m", "cpms.web"]
